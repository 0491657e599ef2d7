/** The answer to a server's `ping`. That something came is all it says, and the connection has noticed already. */
export function pong(): void {}
