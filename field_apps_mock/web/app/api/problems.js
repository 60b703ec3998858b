// @ts-check
// Problems of the API (RFC 9457) and of the network, and how to say them in words.
import { t } from "../words/index.js";

/** @typedef {import("./types").components["schemas"]["ProblemEntry"]} Entry */

export class Problem extends Error {
  /** @param {{status: number, slug: string, errors?: Entry[], retryAfterS?: number | null}} known */
  constructor({ status, slug, errors = [], retryAfterS = null }) {
    super(slug);
    this.status = status;
    this.slug = slug;
    this.errors = errors;
    this.retryAfterS = retryAfterS;
  }
}

/** Read a problem+json answer; an answer that is none still becomes a Problem. @param {Response} response */
export async function problemFrom(response) {
  const body = await response.json().catch(() => ({}));
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new Problem({
    status: response.status,
    slug: String(body.type ?? "").split("/").pop() || `http-${response.status}`,
    errors: Array.isArray(body.errors) ? body.errors : [],
    retryAfterS: Number.isNaN(retryAfter) ? null : retryAfter,
  });
}

/** @param {Problem} problem */
function headline(problem) {
  const known = [`problem.${problem.slug}`, `problem.${problem.status}`, problem.status >= 500 ? "problem.5xx" : ""];
  for (const key of known) {
    const words = key && t(key);
    if (words && words !== key) return words;
  }
  return t("problem.other");
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 90) return t("time.seconds", { count: seconds });
  if (seconds < 5400) return t("time.minutes", { count: Math.ceil(seconds / 60) });
  return t("time.hours", { count: Math.ceil(seconds / 3600) });
}

/**
 * Say a problem in one or two sentences: our words first, then the server's fixed text where it adds something.
 * @param {unknown} problem
 */
export function wordsOf(problem) {
  if (!(problem instanceof Problem)) return t("problem.other");
  const details = problem.errors.map((error) => error.detail).filter(Boolean);
  const wait = problem.retryAfterS ? t("problem.wait", { time: duration(problem.retryAfterS) }) : "";
  return [headline(problem), ...new Set(details), wait].filter(Boolean).join(" ");
}
