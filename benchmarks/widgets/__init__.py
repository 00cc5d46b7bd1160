"""Our chat widget beside others that the npm registry has, all measured in the same browser."""
