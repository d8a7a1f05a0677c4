import { useId, useState } from "preact/hooks";
import type { StateAnswer } from "../../../model/answers.ts";
import { announce } from "../state/announcer.ts";
import { isLoggingIn, logIn, token, whyNot } from "../state/session.ts";
import { address, RequestError, send, wordsOf } from "../wire/request.ts";
import { Dialog } from "./dialog.tsx";

/** Asks for a token and tries it before it is kept. */
export function LoginForm({ onDone }: { onDone?: () => void }) {
  const [value, setValue] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const field = useId();
  const help = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    const given = value.trim();
    if (given === "" || isBusy) return;
    setBusy(true);
    const refused = await whyRefused(given);
    setBusy(false);
    setProblem(refused);
    if (refused !== null) return;
    logIn(given);
    announce("Logged in.");
    onDone?.();
  };
  return (
    <form class="login" onSubmit={submit}>
      <label for={field}>Token</label>
      <input
        id={field}
        type="password"
        autocomplete="current-password"
        required
        value={value}
        aria-describedby={help}
        aria-invalid={problem !== null}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <p id={help} class="hint">
        It is kept in this tab only, and forgotten when the tab is closed.
      </p>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <footer class="buttons">
        <button type="submit" class="primary" aria-disabled={isBusy}>
          {isBusy ? "Asking…" : "Log in"}
        </button>
      </footer>
    </form>
  );
}

export function LoginDialog() {
  if (!isLoggingIn.value) return null;
  const close = () => {
    isLoggingIn.value = false;
  };
  return (
    <Dialog title="Log in" onClose={close}>
      {token.value !== null && <p>{whyNot}</p>}
      <LoginForm onDone={close} />
    </Dialog>
  );
}

async function whyRefused(token: string): Promise<string | null> {
  try {
    const { role } = (await (await send(address(["state"]), {}, token)).json()) as StateAnswer;
    return role === null ? "The gateway does not know this token." : null;
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) return "The gateway does not know this token.";
    return wordsOf(error);
  }
}
