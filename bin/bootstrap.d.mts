export declare const root: string;
export declare function isRecent(version: string): boolean;
