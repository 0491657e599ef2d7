import { type CatalogueService, catalogueQuery } from '@parley/common/contracts/catalogue';
import { serviceName } from '@parley/common/contracts/service-name';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseParams, parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express } from 'express';
import { z } from 'zod';
import type { LocatedInstance, Registry } from './registry.ts';

const serviceParams = z.object({ name: serviceName });

/** `GET /api/services`, `GET /api/services/:name`: what is registered, for people and for what speaks no UDP. */
export function mountCatalogue(app: Express, registry: Registry, now: () => number): void {
  app.get('/api/services', (req, res) => {
    const { name, tag, page, per_page: perPage } = parseQuery(catalogueQuery, req);
    const services = registry
      .names(now())
      .filter((candidate) => name === undefined || candidate === name)
      .map((candidate) => catalogueService(candidate, registry.list(candidate, now()), tag))
      .filter(({ instances }) => instances.length > 0);
    const items = services.slice((page - 1) * perPage, page * perPage);
    sendPage(req, res, { items, page, perPage, total: services.length });
  });
  allowMethods(app, '/api/services', 'GET');

  app.get('/api/services/:name', (req, res) => {
    const { name } = parseParams(serviceParams, req);
    const instances = registry.list(name, now());
    if (instances.length === 0) throw new ParleyError('NOT_FOUND', `No instance of ${name} is registered.`);
    res.json(catalogueService(name, instances));
  });
  allowMethods(app, '/api/services/:name', 'GET');
}

function catalogueService(name: string, located: LocatedInstance[], tag?: string): CatalogueService {
  const instances = located
    .filter(({ tags }) => tag === undefined || tags?.includes(tag))
    .map(({ name: _service, ...instance }) => instance);
  return { name, instances };
}
