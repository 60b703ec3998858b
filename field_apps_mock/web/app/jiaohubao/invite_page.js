// Writing an invitation to one person whom a card fits: checked while typing, sent once.
import { Button, Icon, computed, html, onMounted, ref, showToast, watch } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { previewInvitation, requestInvitation } from "../api/planner_routes.js";
import { Bubble } from "../messages/bubble.js";
import { Editor } from "../messages/editor.js";
import { useLiveCheck } from "../messages/live_check.js";
import { troubleOf, useSending } from "../messages/sending.js";
import { useKeptDraft } from "../shared/kept_draft.js";
import { t } from "../words/index.js";
import { PersonaCard } from "./cards_screen.js";

const REFUSED = "text-refused";

// A refusal on sending carries the same findings as the check.
function markRefusal(sending, check, draft) {
  watch(() => sending.problem, (problem) => {
    if (problem?.slug !== REFUSED) return;
    Object.assign(check, { preview: { verdict: "refuse", findings: problem.errors }, body: draft.body, problem: null });
  });
}

function useInvitation(card) {
  const draft = useKeptDraft(`invite.${card.card_id}`);
  const question = () => ({ card_id: card.card_id, body: draft.body });
  const { check } = useLiveCheck(question, previewInvitation, { isAskable: () => draft.body.trim() !== "" });
  const { sending, send } = useSending(requestInvitation, draft);
  markRefusal(sending, check, draft);
  const isReady = computed(() => {
    const isChecked = check.preview && !check.isChecking && check.body === draft.body;
    return isChecked && check.preview.verdict !== "refuse" && draft.body.trim();
  });
  return { draft, check, sending, isReady, send: () => send(question()) };
}

const said = ({ check, sending }) => {
  if (check.problem) return wordsOf(check.problem);
  return sending.problem?.slug === REFUSED ? t("compose.refuse") : troubleOf(sending);
};

export const InvitePage = {
  props: { card: { type: Object, required: true } },
  emits: ["back", "sent"],
  setup(props, { emit }) {
    const invitation = useInvitation(props.card);
    const { draft, check, sending, isReady } = invitation;
    const page = ref(null);
    onMounted(() => page.value.focus());
    const press = async () => {
      const sent = await invitation.send();
      if (!sent) return;
      Object.assign(draft, { body: "", attempt: null });
      showToast(t(sent.state === "in_review" ? "compose.sent.review" : "compose.sent"));
      emit("sent", sent);
    };
    return () => html`
      <main ref=${page} class="page compose" tabindex="-1">
        <header class="bar">
          <button type="button" aria-label=${t("compose.back")} onClick=${() => emit("back")}><${Icon} name="arrow-left" size="20" /></button>
          <h1>${t("invite.title")}</h1>
        </header>
        <div class="page-body">
          <${PersonaCard} card=${props.card} />
          <p class="note">${t("invite.why")}</p>
          <section class="card"><h2>${t("compose.text")}</h2>
            <${Editor} check=${check} draft=${draft} placeholder=${t("invite.placeholder")} /></section>
          ${check.preview?.final_text && html`
            <section class="card"><h2>${t("compose.bubble")}</h2>
              <${Bubble} text=${check.preview.final_text} segments=${check.preview.segments} units=${check.preview.units} /></section>`}
        </div>
        <footer class="send">
          <p role="alert">${said({ check, sending })}</p>
          <${Button} type="primary" block round disabled=${!isReady.value} loading=${sending.isBusy}
            loading-text=${t("compose.sending")} onClick=${press}>${t("invite.send")}<//>
        </footer>
      </main>
    `;
  },
};
