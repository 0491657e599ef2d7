import { tokenVerifierOf } from '@parley/common/runtime/access-tokens';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import express, { type Express } from 'express';
import { actorOf, authenticate } from './authenticate.ts';
import type { Parts } from './parts.ts';
import { addressOf } from './rate-limits/address-of.ts';
import { limitRequests } from './rate-limits/limit-requests.ts';
import { createUserRoute } from './routes/create-user.ts';
import { deleteUserRoute } from './routes/delete-user.ts';
import { endSessionRoute } from './routes/end-session.ts';
import { endSessionsRoute } from './routes/end-sessions.ts';
import { getConfigRoute } from './routes/get-config.ts';
import { getSessionRoute } from './routes/get-session.ts';
import { getUserRoute } from './routes/get-user.ts';
import { greetingRoute } from './routes/greeting.ts';
import { jwksRoute } from './routes/jwks.ts';
import { listSessionsRoute } from './routes/list-sessions.ts';
import { listUsersRoute } from './routes/list-users.ts';
import { loginRoute } from './routes/login.ts';
import { logoutRoute } from './routes/logout.ts';
import { patchUserRoute } from './routes/patch-user.ts';
import { refreshRoute } from './routes/refresh.ts';
import { registerRoute } from './routes/register.ts';
import { replaceUserRoute } from './routes/replace-user.ts';
import type { ServicePlaces } from './service-places.ts';

/** Every public path with its methods, each path once. */
export function mountRoutes(app: Express, parts: Parts, about: { version: string; places: ServicePlaces }): void {
  const { settings, database, keys, limiters } = parts;
  const signedIn = authenticate(tokenVerifierOf(keys.verifying), database);
  const mayChange = [...signedIn, limitRequests(limiters.changes, (req) => actorOf(req).id)];
  const form = express.urlencoded({ extended: false, limit: settings.maxBodyBytes });

  app.get('/', greetingRoute(about.version));
  allowMethods(app, '/', 'GET');
  app.get('/.well-known/jwks.json', jwksRoute(parts));
  allowMethods(app, '/.well-known/jwks.json', 'GET');
  app.get('/api/config', getConfigRoute(about.version, about.places));
  allowMethods(app, '/api/config', 'GET');

  app.post('/api/auth/register', limitRequests(limiters.registers, addressOf), registerRoute(parts));
  allowMethods(app, '/api/auth/register', 'POST');
  app.post('/api/auth/login', limitRequests(limiters.logins, addressOf), form, loginRoute(parts));
  allowMethods(app, '/api/auth/login', 'POST');
  app.post('/api/auth/refresh', refreshRoute(parts));
  allowMethods(app, '/api/auth/refresh', 'POST');
  app.post('/api/auth/logout', logoutRoute(parts));
  allowMethods(app, '/api/auth/logout', 'POST');

  app.get('/api/auth/sessions', signedIn, listSessionsRoute(parts));
  app.delete('/api/auth/sessions', signedIn, endSessionsRoute(parts));
  allowMethods(app, '/api/auth/sessions', 'GET', 'DELETE');
  app.get('/api/auth/sessions/:id', signedIn, getSessionRoute(parts));
  app.delete('/api/auth/sessions/:id', signedIn, endSessionRoute(parts));
  allowMethods(app, '/api/auth/sessions/:id', 'GET', 'DELETE');

  app.get('/api/users', signedIn, listUsersRoute(parts));
  app.post('/api/users', signedIn, createUserRoute(parts));
  allowMethods(app, '/api/users', 'GET', 'POST');
  app.get('/api/users/:id', signedIn, getUserRoute(parts));
  app.put('/api/users/:id', mayChange, replaceUserRoute(parts));
  app.patch('/api/users/:id', mayChange, patchUserRoute(parts));
  app.delete('/api/users/:id', signedIn, deleteUserRoute(parts));
  allowMethods(app, '/api/users/:id', 'GET', 'PUT', 'PATCH', 'DELETE');
}
