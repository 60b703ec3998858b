// One broadcast: its state, its text, its times, and what can be done with it now.
import { Button, html, ref } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { changeBroadcast } from "../api/routes.js";
import { Bubble } from "../messages/bubble.js";
import { session } from "../session.js";
import { number, time } from "../shared/format.js";
import { nameOf, t } from "../words/index.js";

const ACTIONS = { accepted: ["pause", "cancel"], paused: ["resume", "cancel"], in_review: ["cancel"] };
const WHY = new Set(["refused", "done"]);

// An accepted broadcast whose start lies ahead (the sending window is closed) is shown as waiting.
function shownState(broadcast) {
  const isAhead = new Date(broadcast.starts_at) > new Date();
  return broadcast.state === "accepted" && isAhead ? "waiting" : broadcast.state;
}

function timesOf(broadcast) {
  const state = shownState(broadcast);
  const lines = [t("broadcasts.created", { time: time(broadcast.created_at) })];
  if (state === "waiting") lines.push(t("broadcasts.starts", { time: time(broadcast.starts_at) }));
  if (state === "accepted") lines.push(t("broadcasts.done_at", { time: time(broadcast.done_at) }));
  if (state === "done") lines.push(t("broadcasts.finished", { time: time(broadcast.done_at) }));
  return lines.join(" · ");
}

const categoryOf = (broadcast) => nameOf(session.catalog.categories.find(({ code }) => code === broadcast.category));

const Head = ({ broadcast }) => html`
  <header class="broadcast-head">
    <span class=${`state is-${shownState(broadcast)}`}>${t(`state.${shownState(broadcast)}`)}</span>
    <b>${categoryOf(broadcast)}</b>
    <span class="broadcast-quota">${t("broadcasts.quota", { quota: number(broadcast.quota) })}</span>
  </header>
`;
Head.props = ["broadcast"];

function useActions(props, emit) {
  const busy = ref("");
  const isSure = ref(false);
  const trouble = ref("");
  const act = async (action) => {
    if (busy.value) return;
    if (action === "cancel" && !isSure.value) {
      isSure.value = true;
      return;
    }
    busy.value = action;
    trouble.value = "";
    try {
      emit("changed", await changeBroadcast(props.broadcast.broadcast_id, action));
    } catch (problem) {
      trouble.value = wordsOf(problem);
    }
    busy.value = "";
    isSure.value = false;
  };
  return { busy, isSure, trouble, act };
}

export const BroadcastCard = {
  props: { broadcast: { type: Object, required: true }, isNewest: Boolean },
  emits: ["changed"],
  setup(props, { emit }) {
    const { busy, isSure, trouble, act } = useActions(props, emit);
    const button = (action, words, type = "default") => html`
      <${Button} key=${words} size="small" round type=${type} plain=${type !== "default"} loading=${busy.value === action}
        onClick=${() => act(action)}>${t(words)}<//>`;
    const sure = () => html`
      <p class="broadcast-sure">${t("broadcasts.cancel.sure")}</p>
      <div class="broadcast-actions">
        <${Button} size="small" round onClick=${() => { isSure.value = false; }}>${t("broadcasts.cancel.no")}<//>
        ${button("cancel", "broadcasts.cancel.yes", "danger")}
      </div>`;
    const actions = () => {
      const possible = ACTIONS[props.broadcast.state] ?? [];
      if (possible.length === 0) return null;
      if (isSure.value) return sure();
      return html`<div class="broadcast-actions">${possible.map((action) => button(action, `broadcasts.${action}`))}</div>`;
    };
    return () => html`
      <article class=${["card broadcast", { "is-newest": props.isNewest }]} data-state=${props.broadcast.state}>
        <${Head} broadcast=${props.broadcast} />
        <${Bubble} text=${props.broadcast.final_text} />
        <p class="note">${timesOf(props.broadcast)}</p>
        ${WHY.has(props.broadcast.state) && html`<p class="note">${t(`state.${props.broadcast.state}.why`)}</p>`}
        ${trouble.value && html`<p class="trouble" role="alert">${trouble.value}</p>`}
        ${actions()}
      </article>
    `;
  },
};
