// The one door to the libraries. Vue's runtime build has no template compiler, so no `eval` is needed:
// components are render functions, written with htm's tagged templates.
import htm from "../vendor/htm.js";

const { h } = globalThis.Vue;
export const { computed, createApp, nextTick, onBeforeUnmount, onMounted, reactive, ref, shallowRef, watch } = globalThis.Vue;
export const { Button, Icon, Loading } = globalThis.vant;

const isSlots = (child) => child !== null && typeof child === "object" && typeof child.default === "function";

// Elements take children as they are, components as their default slot or as an object of slots.
export const html = htm.bind(function element(type, props, ...children) {
  this[0] = 3; // htm would reuse unchanging nodes; a Vue node may be mounted only once
  if (typeof type === "string") return h(type, props, children);
  if (children.length === 0) return h(type, props);
  if (children.length === 1 && isSlots(children[0])) return h(type, props, children[0]);
  return h(type, props, { default: () => children });
});

/** Say something that goes away by itself. Vant calls its toast a dialog, which it is not, and gives it no name. */
export async function showToast(said) {
  globalThis.vant.showToast(said);
  await nextTick();
  document.querySelector(".van-toast")?.setAttribute("role", "status");
}
