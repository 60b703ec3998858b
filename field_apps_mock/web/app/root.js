// The frame: log-in, or the app with its tabs; the log-in comes back over the app when a session has ended.
import { Button, html, ref, watch } from "./vendor.js";
import { wordsOf } from "./api/problems.js";
import { Login } from "./login.js";
import { restoreSession, session, signOut } from "./session.js";
import { language, t } from "./words/index.js";
import { Yingxiaobao } from "./yingxiaobao/app.js";

const Trouble = {
  setup() {
    const isTrying = ref(false);
    const retry = async () => {
      isTrying.value = true;
      await restoreSession();
      isTrying.value = false;
    };
    return () => html`
      <main class="notice" role="alert">
        <h1>${t("start.trouble")}</h1>
        <p>${wordsOf(session.trouble)}</p>
        <${Button} type="primary" round loading=${isTrying.value} onClick=${retry}>${t("start.retry")}<//>
      </main>
    `;
  },
};

const OtherRole = () => html`
  <main class="notice">
    <h1>${t("app.name")}</h1>
    <p>${t("role.other", { role: t(`role.${session.me.role}`) })}</p>
    <${Button} round plain onClick=${signOut}>${t("mine.logout")}<//>
  </main>
`;

export const Root = {
  setup() {
    watch(language, () => { document.title = t("app.name"); }, { immediate: true });
    return () => {
      if (session.trouble) return html`<${Trouble} />`;
      if (!session.me) return html`<${Login} />`;
      if (session.me.role !== "salesperson") return html`<${OtherRole} />`;
      return html`
        <div class="frame">
          <div class="frame" inert=${session.asking}><${Yingxiaobao} /></div>
          ${session.asking && html`<div class="over"><${Login} again /></div>`}
        </div>
      `;
    };
  },
};
