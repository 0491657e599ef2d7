import type { Role } from '@parley/common/contracts/user';
import type { Database } from '@parley/common/runtime/database';
import type { EventTables } from '@parley/common/runtime/event-table';
import type { Selectable, Transaction } from 'kysely';

/** Times are milliseconds since 1970. */
export type UsersTable = {
  id: string;
  /** In lower case. */
  username: string;
  email: string;
  /** The address in lower case: it is unique case-insensitively. */
  email_key: string;
  display_name: string;
  role: Role;
  password_hash: string;
  /** Counts changes from 1: the entity tag. */
  version: number;
  created_at: number;
  updated_at: number;
};

/** A family of refresh tokens: see sessions/refresh-token.ts. */
export type SessionsTable = {
  id: string;
  user_id: string;
  handle_hash: string;
  token_hash: string;
  previous_hash: string | null;
  successor: string | null;
  created_at: number;
  rotated_at: number;
  expires_at: number;
  user_agent: string | null;
  address: string | null;
};

export type SigningKeysTable = {
  /** Counts from 1; decides between nodes that make the next key at the same time. */
  generation: number;
  public_jwk: string;
  /** The private key, sealed: see keys/sealed-key.ts. */
  sealed_private: string;
  signs_from: number;
};

export type IdempotencyTable = {
  scope: string;
  key: string;
  user_id: string;
  fingerprint: string;
  /** Of the password that the request had. */
  password_hash: string;
  answer: string;
  created_at: number;
};

export type Tables = EventTables & {
  users: UsersTable;
  sessions: SessionsTable;
  signing_keys: SigningKeysTable;
  idempotency: IdempotencyTable;
};

export type UserRow = Selectable<UsersTable>;
export type SessionRow = Selectable<SessionsTable>;
export type SigningKeyRow = Selectable<SigningKeysTable>;

export type UsersDatabase = Database<Tables>;
export type Trx = Transaction<Tables>;
