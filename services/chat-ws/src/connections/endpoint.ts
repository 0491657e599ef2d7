import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { linkPath } from '@parley/common/contracts/link';
import { ERRORS, type ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { bearerToken, type ServiceTokens } from '@parley/common/runtime/service-tokens';
import { type Server as UpgradeServer, WebSocketServer } from 'ws';
import type { Chat } from '../chat.ts';
import { chooseSubprotocol } from '../formats/client-format.ts';
import { LinkConnection, maxLinkMessageBytes } from '../link/link-connection.ts';
import type { Admission } from './admission.ts';
import type { Answers } from './answers.ts';
import { Broadcast, broadcastPath } from './broadcast.ts';
import { ClientConnection } from './client-connection.ts';
import { declineSmallWindow, deflateOptions } from './deflate.ts';
import { echo, echoPath } from './echo.ts';
import { RawConnection, type RawPath } from './raw-connection.ts';
import { ServerWebSocket } from './server-web-socket.ts';

export const clientPath = '/ws';

/** How long a peer may take to answer a close frame. */
const closeTimeout = 5_000;

/** Frames, and reads of the socket, that one message of a client may come in: each of them costs some hundred bytes of memory. */
const leastPieces = 4_096;

/** The same where messages may be large: so many bytes in each, on average, are more than any network needs. */
const pieceBytes = 128;

export type Connection = ClientConnection | RawConnection | LinkConnection;

type Upgrades = UpgradeServer<typeof ServerWebSocket>;

export type EndpointOptions = {
  chat: Chat;
  answers: Answers;
  admission: Admission;
  tokens: ServiceTokens;
};

/** The WebSockets of an HTTP server: clients on `/ws`, `/echo` and `/broadcast`, gateways on `/internal/link`. */
export class Endpoint {
  readonly connections = new Set<Connection>();
  readonly #options: EndpointOptions;
  readonly #clients: Upgrades;
  readonly #links: Upgrades;
  readonly #raw: Upgrades;
  /** Paths without rooms that are switched on. */
  readonly #rawPaths = new Map<string, RawPath>();

  constructor(server: Server, options: EndpointOptions) {
    this.#options = options;
    const common = {
      WebSocket: ServerWebSocket,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      closeTimeout,
    };
    const { settings } = options.chat;
    const { messageBytes } = settings;
    const pieces = Math.max(leastPieces, Math.ceil((2 * messageBytes) / pieceBytes));
    const ofClients = { ...common, maxFragments: pieces, maxBufferedChunks: pieces };
    this.#clients = new WebSocketServer({
      ...ofClients,
      perMessageDeflate: settings.deflate && deflateOptions,
      maxPayload: 2 * messageBytes,
      handleProtocols: chooseSubprotocol,
    });
    this.#links = new WebSocketServer({ ...common, maxPayload: maxLinkMessageBytes });
    this.#raw = new WebSocketServer({ ...ofClients, maxPayload: messageBytes });
    if (settings.echo) this.#rawPaths.set(echoPath, echo);
    if (settings.broadcast) this.#rawPaths.set(broadcastPath, new Broadcast(settings));
    server.on('upgrade', (req, socket, head) => void this.#onUpgrade(req, socket, head));
  }

  async #onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const ignore = () => {};
    socket.on('error', ignore);
    try {
      this.#options.admission.checkTls(req);
      const path = req.url?.split('?')[0] ?? '';
      const rawPath = this.#rawPaths.get(path);
      if (path === linkPath) await this.#link(req, socket, head);
      else if (path === clientPath) await this.#client(req, socket, head);
      else if (rawPath !== undefined) await this.#rawClient(rawPath, req, socket, head);
      else refuseUpgrade(socket, 404, 'There is no WebSocket here.');
    } catch (thrown) {
      const failure = toParleyError(thrown);
      const { chat } = this.#options;
      if (failure.code === 'INTERNAL') chat.logger.error({ err: failure.cause }, 'a handshake failed');
      chat.metrics.refusedConnections.inc({ reason: failure.code });
      refuseUpgrade(socket, ERRORS[failure.code].httpStatus, failure.publicMessage, failure);
    } finally {
      socket.off('error', ignore);
    }
  }

  async #client(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { chat, answers, admission } = this.#options;
    await admission.checkOrigin(req);
    const address = admission.admit(req, this.connections.size);
    declineSmallWindow(req);
    const token = bearerToken(req.headers.authorization);
    this.#clients.handleUpgrade(req, socket, head, (ws) => {
      const connection = new ClientConnection(ws, { chat, answers, address });
      commitEachPiece(socket, chat);
      this.#keep(connection, ws);
      if (token !== undefined) connection.login(token);
    });
  }

  async #rawClient(path: RawPath, req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { chat, answers, admission } = this.#options;
    await admission.checkOrigin(req);
    const address = admission.admit(req, this.connections.size);
    this.#raw.handleUpgrade(req, socket, head, (ws) => {
      this.#keep(new RawConnection(ws, { chat, answers, address, path }), ws);
    });
  }

  async #link(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { chat, answers, admission, tokens } = this.#options;
    const gateway = await tokens.verify(bearerToken(req.headers.authorization) ?? '');
    admission.checkOpen();
    this.#links.handleUpgrade(req, socket, head, (ws) => {
      this.#keep(new LinkConnection(ws, { chat, answers, gateway }), ws);
      commitEachPiece(socket, chat);
      chat.logger.info({ gateway }, 'link opened');
    });
  }

  #keep(connection: Connection, ws: { on(event: 'close', listener: () => void): unknown }): void {
    this.connections.add(connection);
    ws.on('close', () => this.connections.delete(connection));
  }
}

/** Posts are on their way to the log when `ws`, which listens first, has worked off what came in one piece; else only after the streams' own ticks. */
function commitEachPiece(socket: Duplex, { commits }: Chat): void {
  socket.on('data', commits.flush);
}

function refuseUpgrade(socket: Duplex, status: number, message: string, failure?: ParleyError): void {
  if (socket.destroyed) return;
  const retry = failure?.retryAfterMs === undefined ? '' : `Retry-After: ${Math.ceil(failure.retryAfterMs / 1000)}\r\n`;
  const body = `${message}\n`;
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n${retry}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
