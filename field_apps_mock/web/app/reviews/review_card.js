// One text: what would be sent where, what the rules found in it, and the two decisions with their reasons.
import { Button, html, reactive } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { decideReview } from "../api/routes.js";
import { Bubble } from "../messages/bubble.js";
import { piecesOf, reasonOf, stretchOf } from "../messages/spans.js";
import { session } from "../session.js";
import { time } from "../shared/format.js";
import { language, nameOf, t } from "../words/index.js";

const REASONS = {
  approve: ["harmless", "proven"],
  refuse: ["private_contact", "absolute_claim", "forbidden_trade", "deception", "misleading", "unsuitable"],
};

const categoryOf = (review) => nameOf(session.catalog.categories.find(({ code }) => code === review.category));

const NAMED = 5; // communities of a district; of more, only how many
const isChinese = () => language.value === "zh";

function namesOf(communities) {
  const between = isChinese() ? "、" : ", ";
  if (communities.length <= NAMED + 1) return communities.join(between);
  const named = communities.slice(0, NAMED).join(between);
  return `${named}${isChinese() ? "" : ", "}${t("review.more", { count: communities.length })}`;
}

function areaWords({ district, communities, elsewhere }) {
  const parts = [namesOf(communities), elsewhere && t("review.elsewhere")].filter(Boolean);
  return parts.length > 0 ? `${district}${isChinese() ? "：" : ": "}${parts.join(isChinese() ? "、" : ", ")}` : district;
}

const Text = ({ review }) => {
  const asked = { preview: review, body: review.body };
  return html`
    <p class="review-text">
      ${piecesOf(review.body, asked).map((piece) => (piece.isMarked ? html`<mark>${piece.text}</mark>` : piece.text))}
    </p>
    <ul class="findings is-doubt">
      ${review.findings.map((finding) => html`
        <li key=${`${finding.rule}-${finding.start}`}><q>${stretchOf(review.body, finding)}</q><span>${reasonOf(finding)}</span></li>`)}
    </ul>
  `;
};
Text.props = ["review"];

// Another decision came first, or the text is one's own: nothing is left to decide here.
const GONE = new Set(["review-closed", "not-found"]);

function useDecision(review, emit) {
  const state = reactive({ decision: null, reason: null, isBusy: false, problem: null });
  const begin = (decision) => Object.assign(state, { decision, reason: null, problem: null });
  const confirm = async () => {
    if (state.isBusy) return;
    Object.assign(state, { isBusy: true, problem: null });
    try {
      emit("decided", await decideReview(review.review_id, state.decision, state.reason));
    } catch (problem) {
      state.problem = problem;
    }
    state.isBusy = false;
  };
  return { state, begin, confirm };
}

const Choose = ({ begin }) => html`
  <div class="broadcast-actions">
    <${Button} round onClick=${() => begin("refuse")}>${t("review.refuse")}<//>
    <${Button} round type="primary" onClick=${() => begin("approve")}>${t("review.approve")}<//>
  </div>
`;
Choose.props = ["begin"];

const Reasons = ({ state, begin, confirm }) => html`
  <div class="review-reasons">
    <p class="lead">${t(`review.${state.decision}.reason`)}</p>
    <div class="chips is-wrapped" role="group" aria-label=${t(`review.${state.decision}.reason`)}>
      ${REASONS[state.decision].map((reason) => html`
        <button key=${reason} type="button" class="chip" aria-pressed=${String(state.reason === reason)}
          onClick=${() => { state.reason = reason; }}>${t(`reason.${reason}`)}</button>`)}
    </div>
    <div class="broadcast-actions">
      <${Button} round onClick=${() => begin(null)}>${t("review.back")}<//>
      <${Button} round type=${state.decision === "approve" ? "primary" : "danger"} disabled=${!state.reason} loading=${state.isBusy}
        onClick=${confirm}>${t(`review.${state.decision}`)}<//>
    </div>
  </div>
`;
Reasons.props = ["state", "begin", "confirm"];

export const ReviewCard = {
  props: { review: { type: Object, required: true } },
  emits: ["decided", "gone"],
  setup(props, { emit }) {
    const { state, begin, confirm } = useDecision(props.review, emit);
    const trouble = () => html`
      <div class="trouble is-row" role="alert">
        <span>${wordsOf(state.problem)}</span>
        ${GONE.has(state.problem.slug) && html`
          <button type="button" class="plain" onClick=${() => emit("gone", props.review.review_id)}>${t("review.gone")}</button>`}
      </div>`;
    return () => html`
      <article class="card review" data-state=${props.review.state}>
        <header class="broadcast-head">
          <b>${categoryOf(props.review)}</b>
          <span class="broadcast-quota">${t("review.until", { time: time(props.review.decide_by) })}</span>
        </header>
        <${Text} review=${props.review} />
        <${Bubble} text=${props.review.final_text} />
        ${props.review.areas.length === 0 && html`<p class="note">${t("review.one")}</p>`}
        <ul class="note">${props.review.areas.map((area) => html`<li key=${area.district}>${areaWords(area)}</li>`)}</ul>
        ${state.problem && trouble()}
        ${state.decision ? html`<${Reasons} state=${state} begin=${begin} confirm=${confirm} />` : html`<${Choose} begin=${begin} />`}
      </article>
    `;
  },
};
