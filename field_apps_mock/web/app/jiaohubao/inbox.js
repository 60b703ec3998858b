// Conversations that somebody's answer opened, and the invitations that went before; asked again every few seconds.
import { Icon, html, ref } from "../vendor.js";
import { findConversations, findInvitations } from "../api/planner_routes.js";
import { time } from "../shared/format.js";
import { More } from "../shared/more.js";
import { usePages } from "../shared/pages.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { t } from "../words/index.js";
import { InvitationCard } from "./invitation_card.js";
import { personaOf } from "./naming.js";

const MODES = ["conversations", "invitations"];

const Conversation = ({ conversation, open }) => html`
  <button type="button" class="talk-row" onClick=${() => open(conversation)}>
    <${Icon} name="user-circle-o" size="34" />
    <span class="talk-about">
      <b>${t("talk.one")}</b>
      <span>${personaOf(conversation.persona)}</span>
      <small>${t("talk.until", { time: time(conversation.expires_at) })}</small>
    </span>
    ${conversation.unread > 0 && html`
      <em class="unread" aria-label=${t("talk.unread", { count: conversation.unread })}>${conversation.unread}</em>`}
  </button>
`;
Conversation.props = ["conversation", "open"];

const Switch = ({ mode, choose }) => html`
  <div class="modes" role="group" aria-label=${t("tab.inbox")}>
    ${MODES.map((name) => html`
      <button key=${name} type="button" aria-pressed=${String(mode === name)} onClick=${() => choose(name)}>${t(`inbox.${name}`)}</button>`)}
  </div>
`;
Switch.props = ["mode", "choose"];

const List = {
  props: { mode: String, newest: String, open: Function },
  setup(props) {
    const isTalk = props.mode === "conversations";
    const { list, refresh, more } = usePages(isTalk ? findConversations : findInvitations, isTalk ? "handle" : "invitation_id");
    const row = (item) => (isTalk
      ? html`<${Conversation} key=${item.handle} conversation=${item} open=${props.open} />`
      : html`<${InvitationCard} key=${item.invitation_id} invitation=${item} isNewest=${item.invitation_id === props.newest} />`);
    return () => html`
      ${list.problem && html`<${Trouble} problem=${list.problem} retry=${refresh} />`}
      ${!list.isLoaded && !list.problem && html`<${Waiting} />`}
      ${list.isLoaded && list.items.length === 0 && html`
        <${Empty} words=${t(`inbox.${props.mode}.empty`)} why=${t(`inbox.${props.mode}.empty.why`)} />`}
      ${list.items.map(row)}
      ${list.next && html`<${More} more=${more} />`}
    `;
  },
};

export const Inbox = {
  props: { newest: { type: String, default: null } },
  emits: ["open"],
  setup(props, { emit }) {
    const mode = ref(props.newest ? "invitations" : "conversations");
    return () => html`
      <main class="page">
        <header class="bar is-wide"><h1>${t("tab.inbox")}</h1></header>
        <div class="page-body">
          <${Switch} mode=${mode.value} choose=${(name) => { mode.value = name; }} />
          <${List} key=${mode.value} mode=${mode.value} newest=${props.newest} open=${(found) => emit("open", found)} />
        </div>
      </main>
    `;
  },
};
