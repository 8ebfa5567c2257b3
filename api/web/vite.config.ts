import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const service = "http://127.0.0.1:8000";
const served = ["/places", "/vintages", "/indicators", "/areas", "/profiles", "/releases"];

export default defineConfig({
  build: {
    target: "es2023",
    // MapLibre alone is about a megabyte before compression; it is one cached file.
    chunkSizeWarningLimit: 1600,
  },
  worker: { format: "es" },
  server: { proxy: Object.fromEntries(served.map((path) => [path, service])) },
  plugins: [licences()],
});

/** The licences of all that is bundled, MapLibre's own parts included, as one text beside the bundle. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      this.emitFile({
        type: "asset",
        fileName: "assets/licences.txt",
        source: bundled().map(licenceOf).join("\n\n"),
      });
    },
  };
}

interface Locked {
  version: string;
  license?: string;
  dev?: boolean;
}

/** Packages the page itself needs, by folder, as the lock file lists them. */
function bundled(): [folder: string, locked: Locked][] {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> };
  return Object.entries(lock.packages).filter(([folder, { dev }]) => folder !== "" && !dev);
}

function licenceOf([folder, { version, license }]: [string, Locked]): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file === undefined ? "" : readFileSync(`${folder}/${file}`, "utf8").trim();
  return `${folder.replace(/^.*node_modules\//, "")} ${version} (${license ?? "see below"})\n\n${text}`.trim();
}
