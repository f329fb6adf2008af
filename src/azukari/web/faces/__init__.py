"""The faces of an office: which address is answered by which room. One process shows one face (AZUKARI_FACE)."""
