const path = require("node:path");
const { getDefaultConfig } = require("expo/metro-config");

/*
 * Only because this app lies beside the SDK's source: an app of yours installs @sluice/react-native and needs no such file.
 * The packages are taken as `npm run build` in the repository's root has made them.
 */
const root = path.resolve(__dirname, "../..");
const config = getDefaultConfig(__dirname);
const folders = {
  "@sluice/react-native": path.join(root, "sdk-mobile"),
  "@sluice/core": path.join(root, "sdk-core"),
  "@sluice/schema": path.join(root, "schema"),
  fflate: path.join(root, "node_modules/fflate"),
};
config.watchFolders = Object.values(folders);
config.resolver.extraNodeModules = folders;

module.exports = config;
