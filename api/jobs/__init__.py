"""Jobs outside the requests that ask for them: the only place that knows the job engine.

The rows of a run and of its parts are the truth. The engine (DBOS) carries parts to workers by queue and priority, on
as many machines as share the database; who may write the result is decided by the claim in the part's row.
"""
