// Without a graphics processor every pixel costs time. There the map is drawn coarsely while it moves, and sharply once
// it rests; elsewhere it is always sharp.
const IN_SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render/i;
const PIXELS = 200_000; // as many as two cores fill more than twenty times a second, the fingers being followed beside it
// Not pointer events: a finger's are cancelled as soon as the browser takes its move for a gesture.
const DOWN = ["mousedown", "touchstart"];
const UP = ["mouseup", "touchend", "touchcancel"];

function isDrawnInSoftware(map) {
  const gl = map.getCanvas().getContext("webgl2");
  const told = gl?.getExtension("WEBGL_debug_renderer_info");
  return Boolean(told) && IN_SOFTWARE.test(gl.getParameter(told.UNMASKED_RENDERER_WEBGL));
}

function coarseRatio(map) {
  const { clientWidth, clientHeight } = map.getContainer();
  return Math.min(devicePixelRatio, Math.sqrt(PIXELS / Math.max(1, clientWidth * clientHeight)));
}

/** Keep the map's frames affordable where the machine draws in software. */
export function keepMoving(map) {
  if (!isDrawnInSoftware(map)) return;
  const ground = map.getCanvasContainer(); // the markers are in it: a finger may begin on one
  let isHeld = false;
  const draw = (ratio) => {
    if (map.getPixelRatio() === ratio) return;
    map.setPixelRatio(ratio);
    map.redraw(); // at once: the canvas is empty now
  };
  // A change of size ends a drag that has begun: it comes with the finger, before it moves.
  const hold = () => {
    isHeld = true;
    draw(coarseRatio(map));
  };
  const release = () => {
    isHeld = false;
    map.triggerRepaint();
  };
  map.setPixelRatio(coarseRatio(map));
  DOWN.forEach((name) => ground.addEventListener(name, hold, { capture: true, passive: true }));
  UP.forEach((name) => addEventListener(name, release));
  map.on("idle", () => isHeld || draw(devicePixelRatio));
  map.on("remove", () => UP.forEach((name) => removeEventListener(name, release)));
}
