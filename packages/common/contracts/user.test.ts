import { describe, expect, test } from 'vitest';
import { register } from './auth.ts';
import { patchUser } from './user.ts';
import { createWebhook } from './webhook.ts';

describe('register', () => {
  const body = { username: 'Ada', email: 'ada@example.org', password: 'correct horse' };

  test('takes the name in lower case', () => {
    expect(register.parse(body).username).toBe('ada');
  });

  test.each(['a', 'guest-ada', 'Guest-ada', '-ada', 'a da', 'a'.repeat(33)])('refuses the name %j', (username) => {
    expect(register.safeParse({ ...body, username }).success).toBe(false);
  });

  test('does not let the role be chosen', () => {
    expect(register.parse({ ...body, role: 'admin' })).not.toHaveProperty('role');
  });

  test('refuses a short password and an address that is none', () => {
    expect(register.safeParse({ ...body, password: 'short' }).success).toBe(false);
    expect(register.safeParse({ ...body, email: 'ada' }).success).toBe(false);
  });
});

test('an empty patch is a patch', () => {
  expect(patchUser.parse({})).toEqual({});
});

describe('createWebhook', () => {
  test('is enabled unless said otherwise', () => {
    expect(createWebhook.parse({ url: 'http://127.0.0.1:9000/hook', events: ['*'] }).enabled).toBe(true);
  });

  test.each(['ftp://example.org/', 'https://a:b@example.org/', 'nonsense', 'javascript:alert(1)'])(
    'refuses %j',
    (url) => {
      expect(createWebhook.safeParse({ url, events: ['*'] }).success).toBe(false);
    },
  );

  test('refuses an event type that does not exist', () => {
    expect(createWebhook.safeParse({ url: 'https://example.org/', events: ['message.eaten'] }).success).toBe(false);
  });
});
