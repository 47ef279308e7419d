import { describe, it } from "vitest";
import { testStore } from "../testing/store-suite.ts";
import { memoryStore } from "./memory.ts";

testStore("memory", { create: memoryStore, describe, it });
