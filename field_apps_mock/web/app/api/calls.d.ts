// How a call is typed by the description of the API: its path, its arguments and its answer (types.d.ts is generated).
import type { paths } from "./types";

/** What a call may carry, whatever its path. */
export interface Sent {
  params?: Record<string, string>;
  query?: Record<string, any>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  token?: string;
}

/** How the session lends its token, renews it, and asks for the password again. */
export interface Access {
  token(): string | undefined;
  renew(): Promise<boolean>;
  askAgain(): Promise<void>;
}

export type Method = "GET" | "POST";
type Operation<P extends keyof paths, M extends Method> = paths[P][Lowercase<M>];
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][Lowercase<M>] extends { responses: unknown } ? P : never;
}[keyof paths];

type Query<O> = O extends { parameters: { query?: infer Q } } ? Exclude<Q, undefined> : never;
type Params<O> = O extends { parameters: { path: infer P } } ? { params: P } : { params?: never };
type Headers<O> = O extends { parameters: { header: infer H } } ? { headers: H } : { headers?: Record<string, string> };
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? { body: B } : { body?: never };
type Asked<O> = [Query<O>] extends [never] ? { query?: never } : {} extends Query<O> ? { query?: Query<O> } : { query: Query<O> };
export type Options<O> = { signal?: AbortSignal } & Asked<O> & Params<O> & Headers<O> & Body<O>;

export type QueryOf<M extends Method, P extends PathOf<M>> = Query<Operation<P, M>>;
export type BodyOf<M extends Method, P extends PathOf<M>> = Operation<P, M> extends {
  requestBody: { content: { "application/json": infer B } };
}
  ? B
  : never;

type Content<R> = R extends { content: infer C } ? C[keyof C] : null;
type Good<R> = R extends { 200: infer A } ? A : R extends { 202: infer A } ? A : R extends { 204: infer A } ? A : never;
export type Answer<O> = O extends { responses: infer R } ? Content<Good<R>> : never;

// Options may be left out where none of them is needed.
type Given<O> = {} extends Options<O> ? [options?: Options<O>] : [options: Options<O>];

export type Request = <M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  ...options: Given<Operation<P, M>>
) => Promise<Answer<Operation<P, M>>>;

export type RequestFile = <P extends PathOf<"GET">>(path: P, ...options: Given<Operation<P, "GET">>) => Promise<Blob>;
