// A conversation: both sides masked, newest line at the foot, an answer below.
import { Button, Icon, computed, html, nextTick, onMounted, reactive, ref, watch } from "../vendor.js";
import { findLines, markRead, writeLine } from "../api/planner_routes.js";
import { Editor } from "../messages/editor.js";
import { troubleOf, useSending } from "../messages/sending.js";
import { time } from "../shared/format.js";
import { useKeptDraft } from "../shared/kept_draft.js";
import { More } from "../shared/more.js";
import { usePages } from "../shared/pages.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { t } from "../words/index.js";
import { personaOf } from "./naming.js";

const LONGEST_UNITS = 300; // of one line, as the API counts it

const Line = ({ line }) => html`
  <li class=${["line", `is-${line.speaker}`]}>
    <p class="sms-bubble">${line.body}</p>
    <small><span>${t(`talk.${line.speaker}`)}</span> · ${time(line.at)}</small>
  </li>
`;
Line.props = ["line"];

// Doubtful lines are refused on sending, with the same findings as a message; marks go with the next key.
function useReply(handle, refresh) {
  const draft = useKeptDraft(`talk.${handle}`);
  const check = reactive({ preview: null, body: "", isChecking: false });
  const { sending, send } = useSending((body, key) => writeLine(handle, body, key), draft);
  watch(() => draft.body, () => {
    check.preview = null;
  });
  const isReady = computed(() => draft.body.trim() !== "" && draft.body.length <= LONGEST_UNITS && !check.preview);
  const press = async () => {
    const line = await send({ body: draft.body });
    if (line) {
      Object.assign(draft, { body: "", attempt: null });
      await refresh();
    } else if (sending.problem?.slug === "text-refused") {
      Object.assign(check, { preview: { verdict: "refuse", findings: sending.problem.errors }, body: draft.body });
    }
  };
  const trouble = () => {
    if (draft.body.length > LONGEST_UNITS) return t("talk.long", { most: LONGEST_UNITS });
    return check.preview || sending.problem?.slug === "text-refused" ? "" : troubleOf(sending);
  };
  return { draft, check, sending, isReady, press, trouble };
}

function useLines(handle, foot) {
  const pages = usePages((cursor) => findLines(handle, cursor), "line_id");
  // Read is what was on the screen; when it cannot be noted now the next line does it.
  watch(() => pages.list.items[0]?.line_id, async (newest) => {
    if (!newest) return;
    await nextTick();
    foot.value?.scrollIntoView({ block: "end" });
    markRead(handle).catch(() => null);
  });
  return pages;
}

const Reply = ({ reply }) => html`
  <footer class="send reply">
    <p role="alert">${reply.trouble()}</p>
    <${Editor} check=${reply.check} draft=${reply.draft} rows=${2} label=${t("talk.write")} placeholder=${t("talk.placeholder")} />
    <${Button} type="primary" block round disabled=${!reply.isReady.value} loading=${reply.sending.isBusy}
      onClick=${reply.press}>${t("talk.send")}<//>
  </footer>
`;
Reply.props = ["reply"];

const Lines = ({ list, refresh, more, isOver }) => html`
  ${list.problem && html`<${Trouble} problem=${list.problem} retry=${refresh} />`}
  ${!list.isLoaded && !list.problem && html`<${Waiting} />`}
  ${list.isLoaded && list.items.length === 0 && html`<${Empty} words=${t("talk.empty")} />`}
  ${list.next && html`<${More} more=${more} />`}
  <ol class="lines" aria-live="polite">${[...list.items].reverse().map((line) => html`<${Line} key=${line.line_id} line=${line} />`)}</ol>
  ${isOver && html`<p class="note">${t("talk.over")}</p>`}
`;
Lines.props = ["list", "refresh", "more", "isOver"];

export const TalkPage = {
  props: { conversation: { type: Object, required: true } },
  emits: ["back"],
  setup({ conversation }, { emit }) {
    const page = ref(null);
    const foot = ref(null);
    const { list, refresh, more } = useLines(conversation.handle, foot);
    const reply = useReply(conversation.handle, refresh);
    const isOver = () => new Date(conversation.expires_at) <= new Date();
    onMounted(() => page.value.focus());
    return () => html`
      <main ref=${page} class="page compose" tabindex="-1">
        <header class="bar">
          <button type="button" aria-label=${t("compose.back")} onClick=${() => emit("back")}><${Icon} name="arrow-left" size="20" /></button>
          <div><h1>${t("talk.one")}</h1><p class="note">${personaOf(conversation.persona)}</p></div>
        </header>
        <div class="page-body">
          <p class="note">${t("talk.masked", { time: time(conversation.expires_at) })}</p>
          <${Lines} list=${list} refresh=${refresh} more=${more} isOver=${isOver()} />
          <div ref=${foot}></div>
        </div>
        ${!isOver() && html`<${Reply} reply=${reply} />`}
      </main>
    `;
  },
};
