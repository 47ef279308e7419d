/** The compiler's version: the package's, checked against package.json by a test. */
export const version = "0.1.0";
