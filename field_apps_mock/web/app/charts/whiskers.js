// Error bars: from value − margin to value + margin, with caps. Rows are [place, low, high].
const CAP_PX = 5;

function stroke(from, to, colour) {
  return { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: colour, lineWidth: 1.6 } };
}

function whisker([from, to], colour, isFlat) {
  const cap = isFlat ? [0, CAP_PX] : [CAP_PX, 0];
  const capAt = ([x, y]) => stroke([x - cap[0], y - cap[1]], [x + cap[0], y + cap[1]], colour);
  return { type: "group", children: [stroke(from, to, colour), capAt(from), capAt(to)] };
}

/** Return the series of whiskers along x (isFlat) or y; `rows` are [place, low, high]. */
export function whiskerSeries(rows, { colour, isFlat }) {
  return {
    type: "custom",
    silent: true,
    z: 5,
    encode: isFlat ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    data: rows,
    renderItem(_params, api) {
      const [place, low, high] = [0, 1, 2].map((dimension) => api.value(dimension));
      const ends = isFlat ? [api.coord([low, place]), api.coord([high, place])] : [api.coord([place, low]), api.coord([place, high])];
      return whisker(ends, colour, isFlat);
    },
  };
}
