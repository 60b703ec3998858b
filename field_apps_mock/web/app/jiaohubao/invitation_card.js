// One invitation: what was written to which persona, and how far it is. Nothing tells whether anybody was found.
import { html } from "../vendor.js";
import { Bubble } from "../messages/bubble.js";
import { reasonOf } from "../messages/spans.js";
import { time } from "../shared/format.js";
import { t } from "../words/index.js";
import { personaOf } from "./naming.js";

// Each state has one instant that matters next.
const WHEN = { in_review: "created_at", waiting: "told_at", sent: "answer_by", expired: "answer_by", refused: "created_at" };

function timesOf(invitation) {
  const name = WHEN[invitation.state];
  const lines = [t("broadcasts.created", { time: time(invitation.created_at) })];
  if (name && name !== "created_at") lines.push(t(`invitation.${invitation.state}.at`, { time: time(invitation[name]) }));
  return lines.join(" · ");
}

export const InvitationCard = ({ invitation, isNewest }) => html`
  <article class=${["card broadcast", { "is-newest": isNewest }]} data-state=${invitation.state}>
    <header class="broadcast-head">
      <span class=${`state is-${invitation.state}`}>${t(`invitation.${invitation.state}`)}</span>
    </header>
    <p class="lead">${personaOf(invitation.persona)}</p>
    <${Bubble} text=${invitation.final_text} />
    <p class="note">${timesOf(invitation)}</p>
    ${invitation.refused_for && html`<p class="note">${t(`reason.${invitation.refused_for}`)}</p>`}
    ${invitation.state === "in_review" && invitation.findings.map((finding) => html`
      <p key=${`${finding.rule}-${finding.start}`} class="note">${reasonOf(finding)}</p>`)}
  </article>
`;
InvitationCard.props = ["invitation", "isNewest"];
