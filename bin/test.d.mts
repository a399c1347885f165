export declare function test(args: string[]): Promise<number>;
