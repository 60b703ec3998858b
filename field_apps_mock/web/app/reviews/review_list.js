// The doubtful texts that wait for a decision, oldest first.
import { html, showToast } from "../vendor.js";
import { findReviews } from "../api/routes.js";
import { More } from "../shared/more.js";
import { usePages } from "../shared/pages.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { t } from "../words/index.js";
import { ReviewCard } from "./review_card.js";

export const ReviewList = {
  setup() {
    const { list, refresh, more, remove } = usePages(findReviews, "review_id");
    const onDecided = (review) => {
      remove(review.review_id);
      showToast({ message: t(`review.${review.state}`), position: "top" }); // not over the next decision
    };
    return () => html`
      <main class="page">
        <header class="bar is-wide"><h1>${t("tab.reviews")}</h1></header>
        <div class="page-body">
          <p class="note">${t("review.why")}</p>
          ${list.problem && html`<${Trouble} problem=${list.problem} retry=${refresh} />`}
          ${!list.isLoaded && !list.problem && html`<${Waiting} />`}
          ${list.isLoaded && list.items.length === 0 && html`<${Empty} words=${t("review.empty")} why=${t("review.empty.why")} />`}
          ${list.items.map((review) => html`
            <${ReviewCard} key=${review.review_id} review=${review} onDecided=${onDecided} onGone=${remove} />`)}
          ${list.next && html`<${More} more=${more} />`}
        </div>
      </main>
    `;
  },
};
