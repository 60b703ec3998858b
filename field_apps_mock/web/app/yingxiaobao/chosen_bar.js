// What is chosen so far, and the way on to the message.
import { Button, html } from "../vendor.js";
import { t } from "../words/index.js";

export const ChosenBar = {
  props: { store: { type: Object, required: true }, write: { type: Function, required: true } },
  setup({ store, write }) {
    return () => html`
      <div class="chosen" role="status">
        <span class="chosen-count">${t("chosen.count", { count: store.chosen.length })}</span>
        <button type="button" class="plain" onClick=${() => store.chosen.splice(0)}>${t("chosen.clear")}</button>
        <${Button} type="primary" round size="normal" icon="edit" onClick=${write}>${t("chosen.write")}<//>
      </div>
    `;
  },
};
