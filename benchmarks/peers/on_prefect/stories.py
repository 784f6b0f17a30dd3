"""The guide's pipeline; a task is not run again for inputs that it has seen, unless its code has changed."""

from prefect import flow, task
from prefect.cache_policies import INPUTS, TASK_SOURCE

from benchmarks.guide import pipeline
from benchmarks.peers.work import stories_file


@flow
def guide():
    cached = task(cache_policy=INPUTS + TASK_SOURCE, persist_result=True)
    ingest, split, fit, transform, train, evaluate, predict = map(cached, pipeline(stories_file()))
    training_data, test_data = split(ingest())
    vectorizer, transformed_training = fit(training_data)
    transformed_test = transform(test_data, vectorizer)
    model = train(transformed_training)
    predict(model, vectorizer)
    return evaluate(transformed_test, model)


if __name__ == "__main__":
    print(guide())
