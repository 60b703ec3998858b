// The way to older entries of a list.
import { Button, html } from "../vendor.js";
import { t } from "../words/index.js";

export const More = ({ more }) => html`<${Button} block plain round onClick=${more}>${t("broadcasts.more")}<//>`;
More.props = ["more"];
