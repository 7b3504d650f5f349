// Pages of words and tables: they wear the theme that was asked for, and lead on in it and in the language.

import { spoken, wear } from "./live.js";

for (const link of document.querySelectorAll("a")) link.href = spoken(link.getAttribute("href"));
wear(new URLSearchParams(location.search).get("theme"));
