// The stored releases, newest first: which are served, and which are refused for their digest or signature.
import { html } from "../vendor.js";
import { date } from "../shared/format.js";
import { t } from "../words/index.js";

const LOOKS = { good: "done", unsigned: "paused", refused: "refused" };

const Release = ({ release }) => html`
  <li>
    <div><b>${release.city_name}</b><small>${release.release_id}</small></div>
    <div>
      <span class=${`state is-${LOOKS[release.state]}`}>${t(`ops.release.${release.state}`)}</span>
      <small>${t("figure.as_of", { date: date(release.as_of) })}</small>
    </div>
  </li>
`;
Release.props = ["release"];

/** Props: releases as the API answers. */
export const Releases = ({ releases }) => html`
  <section class="card">
    <h2>${t("ops.releases")}</h2>
    ${releases.length === 0 && html`<p class="note">${t("mine.release.none")}</p>`}
    ${releases.some(({ state }) => state === "refused") && html`<p class="trouble" role="alert">${t("ops.release.refused.why")}</p>`}
    <ul class="releases">${releases.map((release) => html`<${Release} key=${release.release_id} release=${release} />`)}</ul>
  </section>
`;
Releases.props = ["releases"];
