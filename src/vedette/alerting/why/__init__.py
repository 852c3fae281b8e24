"""Why an alert is there, and why somebody was, or was not, told of it.

routes       its way through the tree and every stage of the pipeline (pure)     wording      what each stage says, in two languages
expression   what its rule compares, and the series behind it                    beside       what else began with it
"""
