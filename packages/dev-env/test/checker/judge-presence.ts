import type { Presence } from './story.ts';

/** Whether those who are in a room in the end are those who joined it: nobody is missing, and nobody is a ghost of a connection that is gone. */
export function judgePresence({ room, joined, listed, count }: Presence): string[] {
  const known = joined.filter((user) => user !== undefined);
  const missing = known.filter((user) => !listed.includes(user));
  const extra = listed.filter((user) => !known.includes(user));
  const nameless = joined.length - known.length;
  const twice = listed.filter((user, i) => listed.indexOf(user) !== i);
  return [
    ...twice.map((user) => `${room}: ${user} is listed among its members more than once`),
    ...missing.map((user) => `${room}: ${user} is there, and not among its members`),
    ...(extra.length === nameless ? [] : [`${room}: members are ${extra}, who are not there, but for ${nameless}`]),
    ...(count === listed.length ? [] : [`${room}: ${count} members, of whom ${listed.length} are listed`]),
  ];
}
