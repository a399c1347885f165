export declare function test(args: string[]): Promise<number>;
export declare function makeFailures(): { failures: string[]; read(line: string): void };
