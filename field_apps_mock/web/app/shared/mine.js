// Who I am, where I work, how fresh the figures are; language and log-out.
import { Button, html } from "../vendor.js";
import { installer } from "../offline.js";
import { session, signOut } from "../session.js";
import { date } from "./format.js";
import { chooseLanguage, language, t } from "../words/index.js";

const Languages = () => html`
  <div class="modes is-small" role="group" aria-label=${t("mine.language")}>
    ${[["zh", "中文"], ["en", "English"]].map(([code, words]) => html`
      <button key=${code} type="button" aria-pressed=${String(language.value === code)}
        onClick=${() => chooseLanguage(code)}>${words}</button>`)}
  </div>
`;

const cityOf = (code) => session.catalog.districts.find(({ city_code }) => String(city_code) === String(code))?.city_name ?? "";

const Releases = () => html`
  <ul class="facts">
    ${session.catalog.releases.length === 0 && html`<li key="none">${t("mine.release.none")}</li>`}
    ${session.catalog.releases.map(({ release_id, month, city_code, as_of }) => html`
      <li key=${release_id}><span>${cityOf(city_code)}</span>
        <span>${t("mine.release.of", { year: month.slice(0, 4), month: Number(month.slice(5, 7)), date: date(as_of) })}</span></li>`)}
  </ul>
`;

const Territory = () => html`
  <section class="card">
    <h2>${t("mine.territory")}</h2>
    <ul class="picked">
      ${session.me.territory.map(({ adcode, name, city_name }) => html`
        <li key=${adcode}><span>${`${city_name} ${name}`}</span></li>`)}
    </ul>
  </section>
`;

export const Mine = () => html`
  <main class="page">
    <header class="bar is-wide"><h1>${t("tab.mine")}</h1></header>
    <div class="page-body">
      <section class="card me">
        <span class="me-mark" aria-hidden="true">${session.me.display_name.slice(0, 1)}</span>
        <div>
          <h2>${session.me.display_name}</h2>
          <p class="note">${t(`role.${session.me.role}`)} · ${session.me.login}</p>
        </div>
      </section>
      ${session.me.territory.length > 0 && html`<${Territory} />`}
      <section class="card">
        <h2>${t("mine.release")}</h2>
        <${Releases} />
        <p class="note">${t("mine.privacy")}</p>
      </section>
      ${installer.value && html`
        <section class="card is-row"><h2>${t("mine.install")}</h2>
          <${Button} size="small" round type="primary" onClick=${() => installer.value.prompt()}>${t("mine.install.do")}<//></section>`}
      <section class="card is-row"><h2>${t("mine.language")}</h2><${Languages} /></section>
      <${Button} block round plain onClick=${signOut}>${t("mine.logout")}<//>
    </div>
  </main>
`;
