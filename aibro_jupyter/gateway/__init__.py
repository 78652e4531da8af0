"""The gateway process: who may call, which instance answers, and nothing lost on the way."""
