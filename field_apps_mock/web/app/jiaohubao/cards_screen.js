// Active users: cards that say a persona in words. A card is nobody: it stands for everyone it fits.
import { Button, Icon, html, reactive } from "../vendor.js";
import { findCards } from "../api/planner_routes.js";
import { useAnswer } from "../shared/answer.js";
import { Choice } from "../shared/choice.js";
import { measure, time } from "../shared/format.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { language, nameOf, t } from "../words/index.js";
import { areaOptions, categoryOptions, vocabularyOptions } from "./naming.js";

const STEP = 5;
const MOST = 20; // of one question, and of one day

const inWords = (card, name) => card[`${name}_${language.value === "zh" ? "zh" : "en"}`];

const Interests = ({ interests }) => html`
  <div class="card-interests">
    <p class="note">${t("cards.interests")}</p>
    <ul class="picked">
      ${interests.map(({ tag, index_national }) => html`
        <li key=${tag.key}><span>${nameOf(tag)} <small>${measure(index_national)}</small></span></li>`)}
    </ul>
  </div>
`;
Interests.props = ["interests"];

/** Props: card, and `invite(card)` where it can be invited from. */
export const PersonaCard = ({ card, invite }) => html`
  <article class="card persona">
    <header class="persona-head"><${Icon} name="user-circle-o" size="26" /><h2>${inWords(card, "label")}</h2></header>
    <p class="lead">${inWords(card, "text")}</p>
    ${card.district_interests.length > 0 && html`<${Interests} interests=${card.district_interests} />`}
    ${invite && html`<${Button} type="primary" plain round icon="edit" onClick=${() => invite(card)}>${t("cards.invite")}<//>`}
  </article>
`;
PersonaCard.props = ["card", "invite"];

const Filters = ({ asked }) => {
  const choice = (name, options) => html`
    <${Choice} key=${name} label=${t(`filter.${name}`)} options=${options} chosen=${asked[name]}
      choose=${(code) => Object.assign(asked, { [name]: code, limit: STEP })} />`;
  return html`
    <div class="filters">
      ${choice("district", [{ code: "", words: t("filter.all") }, ...areaOptions()])}
      ${choice("category", categoryOptions())}
      ${choice("age_band", vocabularyOptions("age_bands"))}
      ${choice("activity", vocabularyOptions("activities"))}
    </div>
  `;
};
Filters.props = ["asked"];

// Names that are not chosen are not asked for.
const queryOf = (asked) => Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ""));

export const CardsScreen = {
  emits: ["invite"],
  setup(_props, { emit }) {
    const asked = reactive({ district: "", category: "", age_band: "", activity: "", limit: STEP });
    const { state, load } = useAnswer(() => queryOf(asked), findCards);
    const more = () => {
      asked.limit = Math.min(asked.limit + STEP, MOST);
    };
    const cards = () => {
      if (state.problem) return html`<${Trouble} problem=${state.problem} retry=${load} />`;
      if (!state.answer) return html`<${Waiting} />`;
      const { cards: found, remaining, per_day, reset_at } = state.answer;
      return html`
        <p class="note" role="status">${t("cards.remaining", { remaining, per_day, time: time(reset_at) })}</p>
        ${found.length === 0 && html`<${Empty} words=${t("cards.empty")} why=${t("cards.empty.why")} />`}
        ${found.map((card) => html`<${PersonaCard} key=${card.card_id} card=${card} invite=${(one) => emit("invite", one)} />`)}
        ${found.length === asked.limit && asked.limit < MOST && html`
          <${Button} block plain round onClick=${more}>${t("cards.more")}<//>`}
      `;
    };
    return () => html`
      <main class="page">
        <header class="bar is-wide"><h1>${t("tab.cards")}</h1></header>
        <div class="page-body"><${Filters} asked=${asked} />${cards()}</div>
      </main>
    `;
  },
};
