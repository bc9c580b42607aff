"""The hand: keys that never leave a PKCS#11 token, and the signatures made with them."""
