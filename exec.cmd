@rem The npm scripts begin with `exec`, so that the shell is replaced and signals sent to npm arrive at the program.
@rem Windows has no such word: this file, found in the folder of the project, gives it the meaning "run it".
@%*
