import type { Request, Response } from 'express';
import type { ZodType, z } from 'zod';
import { detailsOf } from '../contracts/parse-contract.ts';
import { ParleyError } from './errors.ts';

/** The JSON body, checked. @throws ParleyError UNSUPPORTED_MEDIA_TYPE or BAD_MESSAGE that names each wrong field */
export function parseBody<Schema extends ZodType>(schema: Schema, req: Request): z.infer<Schema> {
  return parseBodyOf(['application/json'], schema, req);
}

/** The same for a route that also reads other types; each needs its body parser in front. */
export function parseBodyOf<Schema extends ZodType>(types: string[], schema: Schema, req: Request): z.infer<Schema> {
  if (!req.is(types)) {
    const choice = types.map((type) => `"Content-Type: ${type}"`).join(' or ');
    throw new ParleyError('UNSUPPORTED_MEDIA_TYPE', `Send a body with ${choice}.`);
  }
  return parseInput(schema, req.body, 'body');
}

/** @throws ParleyError BAD_MESSAGE that names each wrong parameter */
export function parseQuery<Schema extends ZodType>(schema: Schema, req: Request): z.infer<Schema> {
  return parseInput(schema, req.query, 'query');
}

/** @throws ParleyError BAD_MESSAGE that names each wrong part of the path */
export function parseParams<Schema extends ZodType>(schema: Schema, req: Request): z.infer<Schema> {
  return parseInput(schema, req.params, 'path');
}

function parseInput<Schema extends ZodType>(schema: Schema, value: unknown, where: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ParleyError('BAD_MESSAGE', `The ${where} is not as expected.`, { details: detailsOf(parsed.error) });
}

export type Page<Item> = { items: Item[]; page: number; perPage: number; total: number };

/** A page of a list, with `Link` to its neighbours (RFC 8288). */
export function sendPage<Item>(req: Request, res: Response, { items, page, perPage, total }: Page<Item>): void {
  const last = Math.max(1, Math.ceil(total / perPage));
  const links = [
    page > 1 && pageLink(req, Math.min(page - 1, last), 'prev'),
    page < last && pageLink(req, page + 1, 'next'),
    pageLink(req, 1, 'first'),
    pageLink(req, last, 'last'),
  ];
  res.set('Link', links.filter(Boolean).join(', ')).json({ items, page, perPage, total });
}

function pageLink(req: Request, page: number, rel: string): string {
  const [path = '/', query] = req.originalUrl.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('page', String(page));
  return `<${path}?${parameters}>; rel="${rel}"`;
}
