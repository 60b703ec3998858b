// Problems of the API (RFC 9457) and of the network, and how to say them in words.
import { t } from "../words/index.js";

export class Problem extends Error {
  constructor({ status, slug, errors = [], retryAfterS = null }) {
    super(slug);
    Object.assign(this, { status, slug, errors, retryAfterS });
  }
}

/** Read a problem+json answer; an answer that is none still becomes a Problem. */
export async function problemFrom(response) {
  const body = await response.json().catch(() => ({}));
  const retryAfter = Number.parseInt(response.headers.get("Retry-After"), 10);
  return new Problem({
    status: response.status,
    slug: String(body.type ?? "").split("/").pop() || `http-${response.status}`,
    errors: Array.isArray(body.errors) ? body.errors : [],
    retryAfterS: Number.isNaN(retryAfter) ? null : retryAfter,
  });
}

function headline(problem) {
  const known = [`problem.${problem.slug}`, `problem.${problem.status}`, problem.status >= 500 ? "problem.5xx" : ""];
  for (const key of known) {
    const words = key && t(key);
    if (words && words !== key) return words;
  }
  return t("problem.other");
}

function duration(seconds) {
  if (seconds < 90) return t("time.seconds", { count: seconds });
  if (seconds < 5400) return t("time.minutes", { count: Math.ceil(seconds / 60) });
  return t("time.hours", { count: Math.ceil(seconds / 3600) });
}

/** Say a problem in one or two sentences: our words first, then the server's fixed text where it adds something. */
export function wordsOf(problem) {
  if (!(problem instanceof Problem)) return t("problem.other");
  const details = problem.errors.map((error) => error.detail).filter(Boolean);
  const wait = problem.retryAfterS ? t("problem.wait", { time: duration(problem.retryAfterS) }) : "";
  return [headline(problem), ...new Set(details), wait].filter(Boolean).join(" ");
}
