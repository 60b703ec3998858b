// The page on which a message is written: to whom, what, how it will look, to how many.
import { Button, Icon, computed, html, onMounted, ref, showToast, watch } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { previewBroadcast, requestBroadcast } from "../api/routes.js";
import { Bubble } from "../messages/bubble.js";
import { Editor } from "../messages/editor.js";
import { useLiveCheck } from "../messages/live_check.js";
import { troubleOf, useSending } from "../messages/sending.js";
import { margin, number } from "../shared/format.js";
import { t } from "../words/index.js";
import { CategoryChips, categoryName } from "./category_chips.js";
import { DemoBanner } from "./demo_banner.js";
import { audienceOf, draft, startOver } from "./draft.js";
import { Picked } from "./picked.js";
import { QuotaChips } from "./quota_chips.js";

const Audience = ({ need, onPick }) => html`
  <section class="card">
    <h2>${t("compose.audience")}</h2>
    <${CategoryChips} />
    <p class="lead">${t("compose.audience.text", { category: categoryName() })}</p>
    <${Picked} onPick=${onPick} />
    ${need === null && html`<p class="note">${t("compose.need.few")}</p>`}
    ${need && html`<p class="note">${t("compose.need", { need: number(need.value) })} ${margin(need)}</p>`}
  </section>
`;
Audience.props = ["need", "onPick"];

const Phone = ({ preview }) => html`
  <section class="card">
    <h2>${t("compose.bubble")}</h2>
    ${preview && draft.body.trim()
      ? html`<${Bubble} text=${preview.final_text} segments=${preview.segments} units=${preview.units} />`
      : html`<p class="note">${t("compose.bubble.empty")}</p>`}
  </section>
`;
Phone.props = ["preview"];

const Bar = ({ onBack }) => html`
  <header class="bar">
    <button type="button" aria-label=${t("compose.back")} onClick=${onBack}><${Icon} name="arrow-left" size="20" /></button>
    <h1>${t("compose.title")}</h1>
  </header>
`;
Bar.props = ["onBack"];

// A choice that is no longer allowed is dropped; when nothing is chosen the smallest is offered.
function keepQuotaAllowed(check) {
  watch(
    () => check.preview?.allowed_quotas,
    (allowed) => {
      if (allowed && !allowed.includes(draft.quota)) draft.quota = allowed[0] ?? null;
    },
  );
}

export const Compose = {
  emits: ["back", "pick", "sent"],
  setup(_props, { emit }) {
    const { check } = useLiveCheck(audienceOf, previewBroadcast, { isAskable: () => draft.communities.length > 0 });
    const { sending, send } = useSending(requestBroadcast, draft);
    const page = ref(null);
    keepQuotaAllowed(check);
    onMounted(() => page.value.focus());
    const isReady = computed(() => {
      const isChecked = check.preview && !check.isChecking && check.body === draft.body;
      return isChecked && check.preview.verdict !== "refuse" && draft.quota && draft.body.trim();
    });
    const press = async () => {
      const broadcast = await send({ ...audienceOf(), quota: draft.quota });
      if (!broadcast) return;
      startOver();
      showToast(t(broadcast.state === "in_review" ? "compose.sent.review" : "compose.sent"));
      emit("sent", broadcast);
    };
    const label = () => (draft.quota ? t("compose.send.to", { quota: number(draft.quota) }) : t("compose.send"));
    return () => html`
      <main ref=${page} class="page compose" tabindex="-1">
        <${Bar} onBack=${() => emit("back")} />
        <div class="page-body">
          <${DemoBanner} />
          <${Audience} need=${check.preview ? check.preview.need : undefined} onPick=${() => emit("pick")} />
          <section class="card"><h2>${t("compose.text")}</h2><${Editor} check=${check} draft=${draft} placeholder=${t("compose.placeholder")} /></section>
          <${Phone} preview=${check.preview} />
          <section class="card"><h2>${t("compose.quota")}</h2><${QuotaChips} preview=${check.preview} /></section>
        </div>
        <footer class="send">
          <p role="alert">${check.problem ? wordsOf(check.problem) : troubleOf(sending)}</p>
          <${Button} type="primary" block round disabled=${!isReady.value} loading=${sending.isBusy}
            loading-text=${t("compose.sending")} onClick=${press}>${label()}<//>
        </footer>
      </main>
    `;
  },
};
