"""The programs inside the stand-in images: each is one package that needs only Python itself."""
