// The frame: log-in, or the app of one's role; the log-in comes back over the app when a session has ended.
import { Button, html, ref, shallowRef, watch } from "./vendor.js";
import { Problem, wordsOf } from "./api/problems.js";
import { Login } from "./login.js";
import { OfflineBanner } from "./offline.js";
import { restoreSession, session, signOut } from "./session.js";
import { language, t } from "./words/index.js";

// Loaded when somebody of that role has logged in: a planner gets no map, a salesperson no charts.
const SIDES = {
  salesperson: async () => (await import("./yingxiaobao/app.js")).Yingxiaobao,
  planner: async () => (await import("./jiaohubao/app.js")).Jiaohubao,
  reviewer: async () => (await import("./reviews/app.js")).Reviews,
  operator: async () => (await import("./operations/app.js")).Operations,
};

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

function useSide() {
  const side = shallowRef(null);
  const load = async (me) => {
    side.value = null;
    if (!me) return;
    try {
      side.value = await SIDES[me.role]();
    } catch {
      session.trouble = new Problem({ status: 0, slug: "offline" });
    }
  };
  watch(() => session.me, load, { immediate: true });
  return side;
}

export const Root = {
  setup() {
    const side = useSide();
    const title = () => t(session.me ? `app.${session.me.role}` : "app.name");
    watch([language, () => session.me], () => { document.title = title(); }, { immediate: true });
    const screen = () => {
      if (session.trouble) return html`<${Trouble} />`;
      if (!session.me) return html`<${Login} />`;
      if (!side.value) return html`<div class="boot" role="status" aria-label=${t("state.loading")}></div>`;
      return html`
        <div class="frame">
          <div class="frame" inert=${session.asking}><${side.value} /></div>
          ${session.asking && html`<div class="over"><${Login} again /></div>`}
        </div>
      `;
    };
    return () => html`<${OfflineBanner} />${screen()}`;
  },
};
