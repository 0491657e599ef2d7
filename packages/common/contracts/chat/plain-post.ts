import { isRoomName } from '../room-name.ts';
import { isStorableText } from '../text.ts';
import { maxMessageIdLength } from './message-id.ts';
import { maxPostKeyLength, type Post } from './post.ts';

/**
 * The post that most posts are: a text, perhaps with an id and a key, and nothing that would have to be dropped. Whatever this gives, the
 * contract `post` gives as well, at many times the cost; undefined says nothing: the contract decides.
 */
export function plainPost(value: object): Post | undefined {
  const { type, id, room, text, key } = value as Record<string, unknown>;
  if (type !== 'post' || typeof text !== 'string' || typeof room !== 'string') return undefined;
  if (!isRoomName(room) || !isStorableText(text)) return undefined;
  const post: Post = { type, room, text };
  let fields = 3;
  if (id !== undefined) {
    if (!isPlainId(id)) return undefined;
    post.id = id;
    fields += 1;
  }
  if (key !== undefined) {
    if (typeof key !== 'string' || key === '' || key.length > maxPostKeyLength || !isStorableText(key))
      return undefined;
    post.key = key;
    fields += 1;
  }
  return Object.keys(value).length === fields ? post : undefined;
}

function isPlainId(id: unknown): id is string | number {
  return typeof id === 'number' ? Number.isFinite(id) : typeof id === 'string' && id.length <= maxMessageIdLength;
}
