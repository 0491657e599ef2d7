import { type WaitOptions, waitFor } from '../../src/wait-for.ts';
import type { Actor } from './actor.ts';
import { judgePresence } from './judge-presence.ts';
import type { Office } from './office.ts';
import type { Presence } from './story.ts';
import type { Ports } from './told.ts';
import { webSocketJson } from './transports/web-socket-json.ts';

export type PresenceOptions = { actors: Actor[]; office: Office; ports: Ports };

/** Who is in a room. Whoever was cut off may be there for a while yet: reads until all is well, or patience has come to its end. */
export async function readPresence(options: PresenceOptions, room: string, patience: WaitOptions): Promise<Presence> {
  const { actors, office, ports } = options;
  const read = async () => {
    const joined = actors.filter(({ look }) => look.isIn(room)).map(({ user }) => user);
    const listed = await readMembers(ports, room);
    return { room, joined, listed, count: (await office.state(room)).members };
  };
  const readRight = async () => {
    const presence = await read();
    return judgePresence(presence).length === 0 ? presence : undefined;
  };
  return waitFor(`the members of ${room}`, readRight, patience).catch(read);
}

/** As somebody is told who is not there; a page of them is more than there are. */
async function readMembers(ports: Ports, room: string): Promise<string[]> {
  let users: string[] | undefined;
  const wire = await webSocketJson.open(ports, {
    onTold(told) {
      if (told.is === 'answer' && told.answer.is === 'members') users = told.answer.users;
    },
    onClosed: () => {},
  });
  wire.send({ type: 'auth', id: 1, guest: 'reader' });
  wire.send({ type: 'members', id: 2, room });
  const members = await waitFor(`who is in ${room}`, () => users);
  wire.close();
  return members;
}
