// 交互宝: four tabs, and over them the page of an invitation or of a conversation.
import { html, ref } from "../vendor.js";
import { useBack } from "../shared/back.js";
import { Mine } from "../shared/mine.js";
import { useSettling } from "../shared/settling.js";
import { TabBar } from "../shared/tab_bar.js";
import { CardsScreen } from "./cards_screen.js";
import { Inbox } from "./inbox.js";
import { InvitePage } from "./invite_page.js";
import { RadarScreen } from "./radar_screen.js";
import { TalkPage } from "./talk_page.js";

const TABS = [
  { name: "radars", icon: "bar-chart-o", iconChosen: "bar-chart-o" },
  { name: "cards", icon: "friends-o", iconChosen: "friends" },
  { name: "inbox", icon: "chat-o", iconChosen: "chat" },
  { name: "mine", icon: "user-o", iconChosen: "user" },
];

export const Jiaohubao = {
  setup() {
    const tab = ref("radars");
    const invited = ref(null); // the card whose invitation is being written
    const talk = ref(null); // the conversation that is open
    const newest = ref(null);
    const { isSettling, settle } = useSettling();
    const close = () => {
      invited.value = talk.value = null;
    };
    useBack(() => Boolean(invited.value || talk.value), close);
    const onSent = (invitation) => {
      newest.value = invitation.invitation_id;
      invited.value = null;
      settle();
      tab.value = "inbox";
    };
    return () => html`
      <div class="app" inert=${Boolean(invited.value || talk.value || isSettling.value)}>
        ${tab.value === "radars" && html`<${RadarScreen} />`}
        ${tab.value === "cards" && html`<${CardsScreen} onInvite=${(card) => { invited.value = card; }} />`}
        ${tab.value === "inbox" && html`<${Inbox} newest=${newest.value} onOpen=${(found) => { talk.value = found; }} />`}
        ${tab.value === "mine" && html`<${Mine} />`}
        <${TabBar} tabs=${TABS} chosen=${tab.value} choose=${(name) => { tab.value = name; }} />
      </div>
      ${invited.value && html`
        <${InvitePage} card=${invited.value} onBack=${close} onSent=${onSent} />`}
      ${talk.value && html`<${TalkPage} conversation=${talk.value} onBack=${close} />`}
    `;
  },
};
