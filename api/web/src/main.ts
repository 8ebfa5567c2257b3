import { render } from "lit-html";
import { readAddress, settle } from "./address.ts";
import { insteadOf, nothingToShow } from "./notices.ts";
import { openPage } from "./page.ts";
import { askCatalogue, Problem } from "./service.ts";
import "./style.css";

const NOTHING_PUBLISHED = new Problem(
  "No figures are published yet",
  200,
  "The service is running, but no place has been loaded, derived and published.",
  "Load a place, then open this page again.",
);

async function start(root: HTMLElement): Promise<void> {
  try {
    const catalogue = await askCatalogue();
    const { choice, replaced } = settle(readAddress(location.search), catalogue);
    if (!choice) throw NOTHING_PUBLISHED;
    const notice = replaced.length > 0 ? insteadOf(replaced) : null;
    render(null, root);
    openPage(root, catalogue, choice, notice);
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure;
    render(
      nothingToShow(failure, () => location.reload()),
      root,
    );
  }
}

const root = document.getElementById("page");
if (root) void start(root);
