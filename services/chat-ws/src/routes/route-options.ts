import type { RequestHandler } from 'express';
import type { Chat } from '../chat.ts';
import type { FindUser } from '../find-user.ts';

export type RouteOptions = {
  chat: Chat;
  /** Lets those pass who may read public rooms: users and, where guests are let in, everybody. */
  readers: RequestHandler;
  /** Lets users pass. */
  users: RequestHandler;
  findUser: FindUser;
};
