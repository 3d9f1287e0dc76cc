"""Trainings by Keras, Lightning and transformers on 8 x 8 digits, each logged by its callback."""

# ruff: noqa
from __future__ import annotations

import numpy as np


def lightning_(config, seed, run):
    import lightning
    import torch
    import paribus.lightning
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    class Net(lightning.LightningModule):
        def __init__(self, width, rate):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
            self.rate = rate

        def step(self, batch, part):
            x, y = batch
            out = self.net(x)
            loss = nn.functional.cross_entropy(out, y)
            self.log(f"{part}_loss", loss, on_step=False, on_epoch=True)
            self.log(f"{part}_acc", (out.argmax(1) == y).float().mean(), on_step=False, on_epoch=True)
            return loss

        def training_step(self, batch, _):
            return self.step(batch, "train")

        def validation_step(self, batch, _):
            self.step(batch, "val")

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=self.rate)

    data = run.data

    def tensors(x, y):
        return torch.tensor(x, dtype=torch.float32).reshape(len(x), -1) / 16, torch.tensor(
            y, dtype=torch.long
        )

    lightning.seed_everything(run.seed("lightning"))
    module = Net(config["width"], config["learning_rate"])
    batches = DataLoader(
        TensorDataset(*tensors(data.x_train, data.y_train)), config["batch_size"], shuffle=True
    )
    held = DataLoader(TensorDataset(*tensors(data.x_val, data.y_val)), 1000)
    trainer = lightning.Trainer(
        max_epochs=config["epochs"],
        callbacks=[paribus.lightning.Callback(run)],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        default_root_dir=run.folder,
    )
    trainer.fit(module, batches, held)
    x_test, y_test = tensors(data.x_test, data.y_test)
    with torch.no_grad():
        run.test(labels=y_test, outputs=module.net(x_test).softmax(1))


def transformers_(config, seed, run):
    import torch
    import paribus.transformers
    from torch.utils.data import Dataset
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

    data = run.data

    class Rows(Dataset):
        def __init__(self, x, y):
            self.x = torch.tensor(x.reshape(len(x), -1).astype(int))
            self.y = torch.tensor(y, dtype=torch.long)

        def __len__(self):
            return len(self.x)

        def __getitem__(self, row):
            return {"input_ids": self.x[row], "labels": self.y[row]}

    said = TrainingArguments(
        str(run.folder),
        seed=run.seed("trainer"),
        eval_strategy="epoch",
        num_train_epochs=config["epochs"],
        per_device_train_batch_size=64,
        learning_rate=config["learning_rate"],
        report_to="none",
        use_cpu=True,
        save_strategy="no",
        disable_tqdm=True,
    )
    torch.manual_seed(run.seed("start"))
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=17,
            hidden_size=config["width"],
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
            num_labels=10,
        )
    )
    trainer = Trainer(
        model,
        said,
        train_dataset=Rows(data.x_train, data.y_train),
        eval_dataset=Rows(data.x_val, data.y_val),
        compute_metrics=lambda p: {"accuracy": (p.predictions.argmax(1) == p.label_ids).mean()},
        callbacks=[paribus.transformers.Callback(run)],
    )
    trainer.train()
    logits = trainer.predict(Rows(data.x_test, data.y_test)).predictions
    p = np.exp(logits - logits.max(1, keepdims=True))
    run.test(labels=data.y_test, outputs=p / p.sum(1, keepdims=True))


def keras_(config, seed, run):
    import keras
    import paribus.keras

    data = run.data
    keras.utils.set_random_seed(run.seed("keras"))
    model = keras.Sequential(
        [
            keras.layers.Rescaling(1 / 16),
            keras.layers.Flatten(),
            keras.layers.Dense(config["width"], activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(config["learning_rate"]),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        data.x_train,
        data.y_train,
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        verbose=0,
        validation_data=(data.x_val, data.y_val),
        callbacks=[paribus.keras.Callback(run)],
    )
    run.test(labels=data.y_test, outputs=model.predict(data.x_test, verbose=0))
