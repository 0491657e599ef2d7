/** Where nodes of one deployment speak to each other. */
export type Subjects = { all: string; node(instance: string): string; room(name: string): string };

/** A dot would part a subject's tokens; rooms' names have no slash. */
export function createSubjects(prefix: string): Subjects {
  return {
    all: `${prefix}.all`,
    node: (instance) => `${prefix}.node.${instance}`,
    room: (name) => `${prefix}.room.${name.replaceAll('.', '/')}`,
  };
}
