// Log-in, also shown over the open screen when a session has ended.
import { Button, html, onMounted, ref } from "./vendor.js";
import { wordsOf } from "./api/problems.js";
import { session, signIn } from "./session.js";
import { chooseLanguage, language, t } from "./words/index.js";

const ICON = new URL("../icon.svg", import.meta.url).href;

const LanguageSwitch = () => html`
  <button class="plain" type="button" onClick=${() => chooseLanguage(language.value === "zh" ? "en" : "zh")}>
    ${language.value === "zh" ? "English" : "中文"}
  </button>
`;

const Brand = () => html`
  <header class="brand">
    <img src=${ICON} alt="" width="52" height="52" />
    <h1>${t("app.name")}</h1>
    <p>${t("app.promise")}</p>
  </header>
`;

function useForm() {
  const login = ref(session.me?.login ?? "");
  const password = ref("");
  const trouble = ref("");
  const isBusy = ref(false);
  const submit = async (event) => {
    event.preventDefault();
    if (isBusy.value) return;
    if (!login.value || !password.value) {
      trouble.value = t("login.required");
      return;
    }
    isBusy.value = true;
    trouble.value = "";
    try {
      await signIn(login.value.trim(), password.value);
    } catch (problem) {
      trouble.value = problem.status === 401 ? t("login.failed") : wordsOf(problem);
    }
    isBusy.value = false;
  };
  return { login, password, trouble, isBusy, submit };
}

export const Login = {
  props: { again: Boolean },
  setup(props) {
    const { login, password, trouble, isBusy, submit } = useForm();
    const form = ref(null);
    onMounted(() => form.value.querySelector(login.value ? "input[name=password]" : "input[name=login]").focus());
    const field = (model, name, type, autocomplete) => html`
      <label class="login-field">
        <span>${t(`login.${name}`)}</span>
        <input name=${name} type=${type} autocomplete=${autocomplete} autocapitalize="off" spellcheck="false"
          value=${model.value} readonly=${props.again && name === "login"}
          onInput=${(event) => { model.value = event.target.value; }} />
      </label>
    `;
    return () => html`
      <main class=${["login", { "is-again": props.again }]}>
        ${!props.again && html`<${Brand} />`}
        <form ref=${form} onSubmit=${submit} novalidate>
          ${props.again && html`<h1 class="login-title">${t("login.title")}</h1>`}
          ${props.again && html`<p class="login-why">${t("login.again")}</p>`}
          ${field(login, "login", "text", "username")}
          ${field(password, "password", "password", "current-password")}
          <p class="login-trouble" role="alert">${trouble.value}</p>
          <${Button} type="primary" native-type="submit" block round loading=${isBusy.value}>${t("login.submit")}<//>
        </form>
        ${!props.again && html`<${LanguageSwitch} />`}
      </main>
    `;
  },
};
